/** Names of definitions as Kubernetes publishes them: `apps.v1.Deployment` is `io.k8s.api.apps.v1.Deployment`. */

const packages: Readonly<Record<string, string>> = {
  meta: "io.k8s.apimachinery.pkg.apis.meta",
  apiextensions: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
};

const scalars: Readonly<Record<string, string>> = {
  "resource.Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
  "intstr.IntOrString": "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
};

/** The published name of a schema's own name (`group.version.Kind`, the group without its domain). */
export function publishedName(schema: string): string {
  const scalar = scalars[schema];
  if (scalar) return scalar;
  const [group = "", version = "", ...rest] = schema.split(".");
  return `${packages[group] ?? `io.k8s.api.${group}`}.${version}.${rest.join(".")}`;
}
