import { describe, expectTypeOf, test } from "vitest";
import type * as z from "zod";
import type { Event } from "../../core/contract/events.ts";
import type { Key, KeyRequest } from "../../core/contract/keys.ts";
import type { Link } from "../../core/contract/links.ts";
import type { Run, RunSummary, StartRequest } from "../../core/contract/runs.ts";
import type { SignalRequest } from "../../core/contract/signals.ts";
import type { Step } from "../../core/contract/steps.ts";
import type { DecideRequest, Task } from "../../core/contract/tasks.ts";
import type { Tenant, TenantRequest } from "../../core/contract/tenants.ts";
import type { Tool } from "../../core/contract/tools.ts";
import type { Workflow } from "../../core/contract/workflows.ts";
import type { Access, KeyView, TenantView } from "../../core/engine/access.ts";
import type * as engine from "../../core/engine/views.ts";

type Deep<T> = T extends readonly (infer Item)[]
  ? readonly Deep<Item>[]
  : T extends object
    ? { readonly [key in keyof T]: Deep<T[key]> }
    : T;
/** What the wire lets an answer be. */
type Wire<Schema extends z.ZodType> = Deep<z.input<Schema>>;

describe("the contract", () => {
  test("has room for all that the engine answers, checked by the compiler", () => {
    expectTypeOf<engine.RunView>().toExtend<Wire<typeof Run>>();
    expectTypeOf<engine.RunSummary>().toExtend<Wire<typeof RunSummary>>();
    expectTypeOf<engine.StepView>().toExtend<Wire<typeof Step>>();
    expectTypeOf<engine.EventView>().toExtend<Wire<typeof Event>>();
    expectTypeOf<engine.TaskView>().toExtend<Wire<typeof Task>>();
    expectTypeOf<engine.LinkView>().toExtend<Wire<typeof Link>>();
    expectTypeOf<engine.ToolView>().toExtend<Wire<typeof Tool>>();
    expectTypeOf<engine.WorkflowView>().toExtend<Wire<typeof Workflow>>();
    expectTypeOf<TenantView>().toExtend<Wire<typeof Tenant>>();
    expectTypeOf<KeyView>().toExtend<Wire<typeof Key>>();
  });

  test("asks of the engine only what it takes, checked by the compiler", () => {
    expectTypeOf<z.output<typeof StartRequest>>().toExtend<engine.StartRequest>();
    expectTypeOf<z.output<typeof SignalRequest>>().toExtend<engine.SignalRequest>();
    expectTypeOf<z.output<typeof DecideRequest>>().toExtend<engine.DecideRequest>();
    expectTypeOf<z.output<typeof TenantRequest>>().toExtend<
      Parameters<Access["createTenant"]>[0]
    >();
    expectTypeOf<z.output<typeof KeyRequest>>().toExtend<Parameters<Access["createKey"]>[1]>();
  });
});

describe("a member that the engine adds and the contract does not name", () => {
  test("does not compile", () => {
    type Same<A, B> = Exclude<keyof A, keyof B>;
    expectTypeOf<Same<engine.RunView, Wire<typeof Run>>>().toBeNever();
    expectTypeOf<Same<engine.RunSummary, Wire<typeof RunSummary>>>().toBeNever();
    expectTypeOf<Same<engine.StepView, Wire<typeof Step>>>().toBeNever();
    expectTypeOf<Same<engine.TaskView, Wire<typeof Task>>>().toBeNever();
    expectTypeOf<Same<engine.EventView, Wire<typeof Event>>>().toBeNever();
    expectTypeOf<Same<engine.ToolView, Wire<typeof Tool>>>().toBeNever();
    expectTypeOf<Same<engine.LinkView, Wire<typeof Link>>>().toBeNever();
    expectTypeOf<Same<engine.WorkflowView, Wire<typeof Workflow>>>().toBeNever();
    expectTypeOf<Same<TenantView, Wire<typeof Tenant>>>().toBeNever();
    expectTypeOf<Same<KeyView, Wire<typeof Key>>>().toBeNever();
  });
});
