import { expect, test } from "vitest";
import type { OwnerReference } from "../machinery/types.ts";
import { judge, type OwnerState, type Verdict } from "./owner-references.ts";

const reference = (uid: string): OwnerReference => ({ apiVersion: "v1", kind: "Pod", name: uid, uid });

interface Case {
  owners: OwnerState[];
  finalizers?: string[];
  hasDependents?: boolean;
  verdict: Verdict;
}

const background = { action: "delete", propagation: "Background" } as const;
const foreground = { action: "delete", propagation: "Foreground" } as const;

test.each<Case>([
  { owners: [], verdict: { action: "keep" } },
  { owners: ["present"], verdict: { action: "keep" } },
  { owners: ["unknown"], verdict: { action: "keep" } },
  { owners: ["absent"], verdict: background },
  { owners: ["absent", "absent"], verdict: background },
  { owners: ["present", "absent"], verdict: { action: "unlink", uids: ["1"] } },
  { owners: ["unknown", "absent"], verdict: { action: "unlink", uids: ["1"] } },
  { owners: ["waiting", "present"], verdict: { action: "unlink", uids: ["0"] } },
  { owners: ["waiting"], verdict: background },
  { owners: ["waiting"], hasDependents: true, verdict: foreground },
  { owners: ["absent"], hasDependents: true, verdict: background },
  { owners: ["absent"], finalizers: ["foregroundDeletion"], verdict: foreground },
  { owners: ["absent"], finalizers: ["orphan"], verdict: { action: "delete", propagation: "Orphan" } },
])("owners $owners, dependents $hasDependents, finalizers $finalizers: $verdict", (row) => {
  const references = row.owners.map((_, index) => reference(String(index)));
  const metadata = { ownerReferences: references, finalizers: row.finalizers ?? [] };
  const state = ({ uid }: OwnerReference) => row.owners[Number(uid)] ?? "unknown";
  expect(judge(metadata, state, row.hasDependents ?? false)).toEqual(row.verdict);
});
