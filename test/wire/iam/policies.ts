import type { JsonObject } from "../../../core/kernel/json.ts";
import type { Resolve } from "../template/resolve.ts";
import { ofType, type Resource, type Template } from "../template/template.ts";
import { type Statement, statementOf } from "./statement.ts";

type Document = Readonly<{ Statement: readonly JsonObject[] | JsonObject }>;

/** The statements of each role of a template, by the role's logical id. */
export function policiesOf(
  template: Template,
  resolve: Resolve,
): ReadonlyMap<string, readonly Statement[]> {
  const byRole = new Map<string, Statement[]>();
  for (const role of ofType(template, "AWS::IAM::Role")) {
    const { Policies } = resolve.properties(role);
    const inline = (Policies ?? []) as unknown as readonly { PolicyDocument: Document }[];
    byRole.set(
      role.id,
      inline.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument)),
    );
  }
  for (const policy of ofType(template, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")) {
    const { PolicyDocument, Roles } = policy.properties;
    const document = resolve.resolve(PolicyDocument ?? null) as unknown as Document;
    for (const reference of (Roles ?? []) as readonly JsonObject[]) {
      byRole.get(reference["Ref"] as string)?.push(...statementsOf(document));
    }
  }
  return byRole;
}

function statementsOf({ Statement: raw }: Document): readonly Statement[] {
  const all = Array.isArray(raw) ? (raw as readonly JsonObject[]) : [raw as JsonObject];
  return all.map(statementOf);
}

/** The logical id of the role that a function runs by. */
export function roleIdOf({ path, properties }: Resource): string {
  const reference = properties["Role"] ?? properties["RoleArn"];
  const [id] = ((reference as JsonObject | undefined)?.["Fn::GetAtt"] ?? []) as readonly string[];
  if (id === undefined) throw new Error(`${path} has no role of this template`);
  return id;
}
