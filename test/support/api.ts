/**
 * The API server's pipeline in-process, without HTTP: for tests of kinds, controllers and other components.
 *
 *     await using api = await startApi([deployment, replicaSet]);
 *     await api.client.create(deployments, { metadata: { name: "web", namespace: "default" }, spec: … });
 */
import type { RequestContext, User } from "../../src/apiserver/api.ts";
import { InProcessClient } from "../../src/apiserver/in-process-client.ts";
import type { ApiParts } from "../../src/apiserver/parts.ts";
import { Pipeline } from "../../src/apiserver/pipeline.ts";
import { Registry } from "../../src/apiserver/registry.ts";
import { configMap } from "../../src/kinds/config-map/index.ts";
import { namespace } from "../../src/kinds/namespace/index.ts";
import type { Client } from "../../src/machinery/client.ts";
import { FakeClock } from "../../src/machinery/clock.ts";
import type { EventRecorder } from "../../src/machinery/event-recorder.ts";
import type { KindDefinition } from "../../src/machinery/kind.ts";
import { namespaces } from "../../src/machinery/resource.ts";
import { builtinSchemas } from "../../src/machinery/schema/builtin-schemas.ts";
import type { SchemaSource } from "../../src/machinery/schema/schema.ts";
import type { ClusterSettings } from "../../src/machinery/settings.ts";
import { StatusError } from "../../src/machinery/status-error.ts";
import { Store, type StoreOptions } from "../../src/store/store.ts";

export interface TestApiOptions extends StoreOptions {
  /** Starts at 2026-01-01T00:00:00Z if absent. */
  clock?: FakeClock;
  /** Created at the start; `default` and `kube-system` if absent. */
  namespaces?: readonly string[];
  settings?: Partial<ClusterSettings>;
  schemas?: SchemaSource;
  /** Told what the API server tells users of their objects. */
  events?: EventRecorder;
  /** The database file; in memory if absent. */
  path?: string;
}

export interface TestApi extends AsyncDisposable {
  api: Pipeline;
  /** As `kubernetes-admin`, with field manager `test`. */
  client: Client;
  clock: FakeClock;
  store: Store;
  settings: ClusterSettings;
  registry: Registry;
  /** Every warning that `client` and {@link clientOf} clients were answered with. */
  warnings: string[];
  /** A client of another identity: `clientOf("system:serviceaccount:kube-system:deployment-controller")`. */
  clientOf(user: string, fieldManager?: string): Client;
}

/** A request as HTTP would make it, with the warnings it was answered with. */
export function request(overrides: Partial<RequestContext> = {}): RequestContext & { warnings: string[] } {
  const warnings: string[] = [];
  const user = { name: "kubernetes-admin", groups: ["system:masters"] };
  return { user, fieldManager: "test", warn: (text) => warnings.push(text), warnings, ...overrides };
}

/** With what the work is refused. @throws what is no StatusError; Error when it is not refused. */
export async function refusal(
  work: Promise<unknown>,
): Promise<[code: number, reason: string | undefined, message: string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof StatusError) return [error.code, error.reason, error.message];
    throw error;
  }
  throw new Error("it was not refused");
}

export const testSettings: ClusterSettings = {
  name: "test",
  dataDir: "/nonexistent",
  nodeName: "node-1",
  nodeAddress: "192.168.0.10",
  apiPort: 6443,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  nodePortRange: { from: 30_000, to: 32_767 },
  clusterDomain: "cluster.local",
  proxyMode: "userspace",
};

/** @param kinds what is served, besides namespaces (always there). */
export async function startApi(kinds: readonly KindDefinition[], options: TestApiOptions = {}): Promise<TestApi> {
  const clock = options.clock ?? new FakeClock();
  const store = new Store(options.path ?? ":memory:", options);
  const registry = new Registry(kinds.includes(namespace) ? kinds : [namespace, ...kinds]);
  const settings = { ...testSettings, ...options.settings };
  const parts: ApiParts = {
    store,
    registry,
    schemas: options.schemas ?? builtinSchemas,
    clock,
    settings,
    ...(options.events && { events: options.events }),
    issueToken: ({ namespace: where, serviceAccount, audiences = ["https://api"] }, seconds) => ({
      audiences,
      token: `token-of-${where}-${serviceAccount.name}`,
      expirationTimestamp: new Date(clock.now() + seconds * 1000).toISOString(),
    }),
  };
  const api = new Pipeline(parts);
  const warnings: string[] = [];
  const clientOf = (name: string, fieldManager = "test"): Client => {
    const user: User = { name, groups: ["system:authenticated"] };
    return new InProcessClient(api, parts, { user, fieldManager, warn: (text) => warnings.push(text) });
  };
  const client = clientOf("kubernetes-admin");
  for (const name of options.namespaces ?? ["default", "kube-system"]) {
    if (!client.get(namespaces, { name })) await client.create(namespaces, { metadata: { name } });
  }
  return {
    api,
    client,
    clock,
    store,
    settings,
    registry,
    warnings,
    clientOf,
    async [Symbol.asyncDispose]() {
      store.close();
    },
  };
}

/** Real kinds for tests of what is beneath the kinds, which may not import them. */
export { configMap, namespace };
