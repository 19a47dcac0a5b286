import { needsOf } from "../../lambdas/env.ts";
import { at, type Claim, claim } from "./claim.ts";
import { functionNames } from "./functions-in.ts";
import { deniesPlain } from "./queue-claims.ts";
import { ofType, referred } from "./synthesized.ts";

const STAGE = "AWS::ApiGatewayV2::Stage";
const FUNCTION = "AWS::Lambda::Function";

/** What Node reads, and no function does. */
const NOT_OURS = "NODE_OPTIONS";

export const DATA_CLAIMS: readonly Claim[] = [
  claim({
    says: "the table is encrypted by our key, can be restored to a moment, and outlives the stack",
    of: ["AWS::DynamoDB::Table"],
    unless: ({ Properties, DeletionPolicy }, _, { Resources }) => {
      const [key = ""] = referred(at(Properties, "SSESpecification", "KMSMasterKeyId"));
      if (Resources[key]?.Type !== "AWS::KMS::Key") return "no key of this template";
      if (at(Properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") !== true)
        return "no recovery to a point in time";
      if (Properties["DeletionProtectionEnabled"] !== true) return "can be deleted by mistake";
      return DeletionPolicy === "Retain" ? undefined : `is lost with the stack: ${DeletionPolicy}`;
    },
  }),
  claim({
    says: "the bucket is encrypted by our key, private, versioned, TLS only, and outlives the stack",
    of: ["AWS::S3::Bucket"],
    unless: ({ Properties, DeletionPolicy }, id, document) => {
      const encryption = at(Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", 0);
      const rule = at(encryption, "ServerSideEncryptionByDefault");
      const [key = ""] = referred(at(rule, "KMSMasterKeyID"));
      if (document.Resources[key]?.Type !== "AWS::KMS::Key") return "no key of this template";
      const blocked = Object.values(
        (Properties["PublicAccessBlockConfiguration"] ?? {}) as Record<string, unknown>,
      );
      if (blocked.length !== 4 || !blocked.every((one) => one === true)) return "may be public";
      if (at(Properties, "VersioningConfiguration", "Status") !== "Enabled") return "no versions";
      if (!Array.isArray(at(Properties, "LifecycleConfiguration", "Rules")))
        return "grows for ever";
      const tls = ofType(document, "AWS::S3::BucketPolicy").some(
        ([, policy]) => referred(policy.Properties["Bucket"]).includes(id) && deniesPlain(policy),
      );
      if (!tls) return "no policy denies plain HTTP";
      return DeletionPolicy === "Retain" ? undefined : "is lost with the stack";
    },
  }),
  claim({
    says: "every key outlives the stack, is rotated where KMS can, and trusts this account alone",
    of: ["AWS::KMS::Key"],
    unless: ({ Properties, DeletionPolicy }) => {
      const symmetric = Properties["KeySpec"] === undefined;
      if (symmetric && Properties["EnableKeyRotation"] !== true) return "is never rotated";
      if (DeletionPolicy !== "Retain") return "is lost with the stack";
      const statements = at(Properties, "KeyPolicy", "Statement") as readonly unknown[];
      const strangers = statements.filter(
        (one) => !JSON.stringify(at(one, "Principal")).includes("AWS::AccountId"),
      );
      return strangers.length === 0 ? undefined : "trusts others than this account";
    },
  }),
  claim({
    says: "every log is kept for a time that was chosen",
    of: ["AWS::Logs::LogGroup"],
    unless: ({ Properties }) => (Properties["RetentionInDays"] ? undefined : "is kept for ever"),
  }),
  claim({
    says: "every function runs on Node 24 and arm64, is traced, and logs as JSON where it is told to",
    of: [FUNCTION],
    unless: ({ Properties }) => {
      const { Runtime, Architectures, TracingConfig, LoggingConfig } = Properties;
      if (Runtime !== "nodejs24.x") return String(Runtime);
      if (at(Architectures, 0) !== "arm64") return "is not on arm64";
      if (at(TracingConfig, "Mode") !== "Active") return "is not traced";
      if (at(LoggingConfig, "LogFormat") !== "JSON") return "logs plain text";
      return referred(at(LoggingConfig, "LogGroup")).length === 1 ? undefined : "has no log group";
    },
  }),
  claim({
    says: "every function is told exactly what `lambdas/env.ts` says that it reads",
    of: [FUNCTION],
    unless: ({ Properties }, id, document) => {
      const name = functionNames(document).get(id);
      if (name === undefined) return "is no function that lambdas/env.ts knows";
      const variables = at(Properties, "Environment", "Variables") ?? {};
      const told = Object.keys(variables).filter((variable) => variable !== NOT_OURS);
      const wanted = needsOf(name);
      const missing = wanted.filter((variable) => !told.includes(variable));
      const surplus = told.filter((variable) => !wanted.includes(variable));
      if (missing.length > 0) return `is not told ${missing.join(", ")}`;
      return surplus.length === 0 ? undefined : `is told ${surplus.join(", ")}, and reads it not`;
    },
  }),
  claim({
    says: "every API holds back floods, and logs neither paths nor queries",
    of: [STAGE],
    unless: ({ Properties }) => {
      if (!(Number(at(Properties, "DefaultRouteSettings", "ThrottlingRateLimit")) > 0)) {
        return "has no bound";
      }
      const format = String(at(Properties, "AccessLogSettings", "Format"));
      if (!format.includes("$context.requestId")) return "has no log";
      return /path|query|header|authorizer/i.test(format) ? `logs ${format}` : undefined;
    },
  }),
  claim({
    says: "events stream as they come",
    of: ["AWS::Lambda::Url"],
    unless: ({ Properties: { InvokeMode } }) =>
      InvokeMode === "RESPONSE_STREAM" ? undefined : String(InvokeMode),
  }),
  claim({
    says: "what the world may call is the address of streams, and nothing else",
    of: ["AWS::Lambda::Permission"],
    unless: ({ Properties }, _, document) => {
      if (Properties["Principal"] !== "*") return undefined;
      const names = functionNames(document);
      const [fn = ""] = referred(Properties["FunctionName"]);
      const byUrl =
        Properties["FunctionUrlAuthType"] === "NONE" ||
        Properties["InvokedViaFunctionUrl"] === true;
      return names.get(fn) === "sse" && byUrl ? undefined : `the world may call ${fn}`;
    },
  }),
];
