/** Names of images. Rule: https://pkg.go.dev/github.com/distribution/reference (grammar) */

const domain = String.raw`(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`;
const component = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const reference = new RegExp(
  String.raw`^(?:${domain}/)?${component}(?:/${component})*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** Why an image name is none, in the words of Docker's parser; undefined when it is one. */
export function imageNameError(image: string): string | undefined {
  if (reference.test(image)) return undefined;
  const withoutTag = image.replace(/[:@][^/]*$/, "");
  if (reference.test(withoutTag.toLowerCase()) && withoutTag !== withoutTag.toLowerCase()) {
    return "invalid reference format: repository name must be lowercase";
  }
  return "invalid reference format";
}

/** `registry.example:5000/team/app:1` → `registry.example:5000`; names without a registry are Docker Hub's. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const named = rest.length > 0 && (first.includes(".") || first.includes(":") || first === "localhost");
  return named ? first : "docker.io";
}
