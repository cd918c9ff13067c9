/** What every namespace has from the start: the ServiceAccount `default` and the cluster's CA certificate. */
import { type ControllerContext, type ControllerDefinition, watching } from "../machinery/controller.ts";
import { configMaps, namespaces, type Resource, serviceAccounts } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";

const accountName = "default";
const rootCaName = "kube-root-ca.crt";
const rootCaAnnotations = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

/** https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts */
export const defaultServiceAccount: ControllerDefinition = {
  name: "service-account-controller",
  watches: watchesFor(serviceAccounts, accountName),
  async reconcile({ name: namespace }, { client }) {
    if (!isActive(namespace, client) || client.get(serviceAccounts, { namespace, name: accountName })) return;
    await unlessTerminating(client.create(serviceAccounts, { metadata: { namespace, name: accountName } }));
  },
};

/** @param certificate PEM. https://kubernetes.io/docs/reference/config-api/ (RootCAConfigMap) */
export function rootCaPublisher(certificate: string): ControllerDefinition {
  const data = { "ca.crt": certificate };
  return {
    name: "root-ca-certificate-publisher-controller",
    watches: watchesFor(configMaps, rootCaName),
    async reconcile({ name: namespace }, { client }) {
      if (!isActive(namespace, client)) return;
      const present = client.get(configMaps, { namespace, name: rootCaName });
      if (!present) {
        const metadata = { namespace, name: rootCaName, annotations: rootCaAnnotations };
        await unlessTerminating(client.create(configMaps, { metadata, data }));
        return;
      }
      if (present.data?.["ca.crt"] === certificate && Object.keys(present.data).length === 1) return;
      await client.update(configMaps, { ...structuredClone(present), data });
    },
  };
}

function watchesFor(resource: Resource, name: string): ControllerDefinition["watches"] {
  return [
    watching(namespaces, ({ type, object }) => (type === "ADDED" ? [object.metadata.name] : [])),
    watching(resource, ({ type, object }) =>
      type !== "ADDED" && object.metadata.name === name ? [object.metadata.namespace ?? ""] : [],
    ),
  ];
}

function isActive(name: string, client: ControllerContext["client"]): boolean {
  const namespace = client.get(namespaces, { name });
  return namespace !== undefined && !namespace.metadata.deletionTimestamp;
}

/** The namespace may begin to go, or somebody else create the object, between our look and our write. */
async function unlessTerminating(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const expected = ["AlreadyExists", "Forbidden", "NotFound"].some((reason) => StatusError.is(error, reason));
    if (!expected) throw error;
  }
}
