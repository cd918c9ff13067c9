/** "Who am I?", as `kubectl auth whoami` asks: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/ */
import { nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import type { SelfSubjectReview } from "../../machinery/types.ts";
import { reviewResource } from "./resource.ts";

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  resource: reviewResource("authentication.k8s.io", "SelfSubjectReview"),
  singular: "selfsubjectreview",
  schema: "authentication.v1.SelfSubjectReview",
  generation: false,
  verbs: ["create"],
  columns: [nameColumn],
  virtual: {
    create: (object, { user }) =>
      Promise.resolve({ ...object, status: { userInfo: { username: user.name, groups: [...user.groups] } } }),
  },
});
