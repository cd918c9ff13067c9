/** "May I …?", as `kubectl auth can-i` asks: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
import { type AccessAttributes, isAllowed, rulesFor } from "../../machinery/authorization.ts";
import { nameColumn } from "../../machinery/columns.ts";
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import { defineKind, type KindDefinition } from "../../machinery/kind.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "../../machinery/types.ts";
import { reviewResource } from "./resource.ts";

const group = "authorization.k8s.io";

type Question = Pick<SelfSubjectAccessReview["spec"], "resourceAttributes" | "nonResourceAttributes">;

/** The question as the authorizer takes it; nothing at all is never allowed. */
function attributesOf(question: Question): AccessAttributes | undefined {
  const { resourceAttributes: about, nonResourceAttributes: path } = question;
  if (path) return { verb: path.verb ?? "", path: path.path ?? "" };
  if (!about) return undefined;
  return {
    verb: about.verb ?? "",
    group: about.group ?? "",
    resource: about.resource ?? "",
    ...(about.subresource && { subresource: about.subresource }),
    ...(about.namespace && { namespace: about.namespace }),
    ...(about.name && { name: about.name }),
  };
}

function answer(groups: readonly string[], question: Question): { allowed: boolean } {
  const attributes = attributesOf(question);
  return { allowed: attributes !== undefined && isAllowed(groups, attributes) };
}

function validateQuestion(question: Question): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = question;
  if (resourceAttributes && nonResourceAttributes) {
    return [
      invalid(
        "spec.nonResourceAttributes",
        nonResourceAttributes,
        "cannot be specified in combination with resourceAttributes",
      ),
    ];
  }
  if (resourceAttributes || nonResourceAttributes) return [];
  return [
    invalid(
      "spec.resourceAttributes",
      null,
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    ),
  ];
}

function validateSubject(spec: SubjectAccessReview["spec"]): FieldError[] {
  if (spec.user || (spec.groups ?? []).length > 0) return validateQuestion(spec);
  return [...validateQuestion(spec), invalid("spec.user", "", "at least one of user or group must be specified")];
}

const common = {
  verbs: ["create"],
  generation: false,
  columns: [nameColumn],
} as const satisfies Partial<KindDefinition>;

const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  ...common,
  resource: reviewResource(group, "SelfSubjectAccessReview"),
  singular: "selfsubjectaccessreview",
  schema: "authorization.v1.SelfSubjectAccessReview",
  validate: (object) => validateQuestion(object.spec),
  virtual: {
    create: (object, { user }) => Promise.resolve({ ...object, status: answer(user.groups, object.spec) }),
  },
});

const subjectAccessReview = defineKind<SubjectAccessReview>({
  ...common,
  resource: reviewResource(group, "SubjectAccessReview"),
  singular: "subjectaccessreview",
  schema: "authorization.v1.SubjectAccessReview",
  validate: (object) => validateSubject(object.spec),
  virtual: {
    create: (object) => Promise.resolve({ ...object, status: answer(object.spec.groups ?? [], object.spec) }),
  },
});

const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  ...common,
  resource: reviewResource(group, "LocalSubjectAccessReview", true),
  singular: "localsubjectaccessreview",
  schema: "authorization.v1.LocalSubjectAccessReview",
  validate(object) {
    const errors = validateSubject(object.spec);
    const asked = object.spec.resourceAttributes?.namespace;
    if (asked !== object.metadata?.namespace) {
      errors.push(invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
    }
    if (object.spec.nonResourceAttributes) {
      errors.push(
        invalid("spec.nonResourceAttributes", object.spec.nonResourceAttributes, "disallowed on this kind of request"),
      );
    }
    return errors;
  },
  virtual: {
    create: (object) => Promise.resolve({ ...object, status: answer(object.spec.groups ?? [], object.spec) }),
  },
});

const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  ...common,
  resource: reviewResource(group, "SelfSubjectRulesReview"),
  singular: "selfsubjectrulesreview",
  schema: "authorization.v1.SelfSubjectRulesReview",
  validate: (object) => (object.spec?.namespace ? [] : [invalid("spec.namespace", "", "no namespace on request")]),
  virtual: {
    create(object, { user }) {
      const { resourceRules, nonResourceRules } = rulesFor(user.groups);
      return Promise.resolve({
        ...object,
        status: {
          incomplete: false,
          resourceRules: resourceRules.map((rule) => ({
            verbs: [...rule.verbs],
            apiGroups: [...rule.apiGroups],
            resources: [...rule.resources],
          })),
          nonResourceRules: nonResourceRules.map((rule) => ({
            verbs: [...rule.verbs],
            nonResourceURLs: [...rule.nonResourceURLs],
          })),
        },
      });
    },
  },
});

export const accessReviews = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
];
