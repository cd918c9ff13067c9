/** Puts the API server together: store, pipeline, certificates, tokens, and the listeners in front of them. */

import { applyRoute } from "./apiserver/apply/route.ts";
import { ensureCertificates, serverNames } from "./apiserver/certificates.ts";
import type { ExtraRoute } from "./apiserver/http/exchange.ts";
import { InProcessClient } from "./apiserver/in-process-client.ts";
import { kubeconfig } from "./apiserver/kubeconfig.ts";
import type { ApiParts } from "./apiserver/parts.ts";
import { Pipeline } from "./apiserver/pipeline.ts";
import { Registry } from "./apiserver/registry.ts";
import { ApiServer } from "./apiserver/server.ts";
import { attachConnector, execConnector } from "./apiserver/streams/command-connector.ts";
import { logConnector } from "./apiserver/streams/log-connector.ts";
import { portForwardConnector } from "./apiserver/streams/port-forward-connector.ts";
import { podProxyConnector, serviceProxyConnector } from "./apiserver/streams/proxy-connector.ts";
import { loadTokenKey, TokenAuthority } from "./apiserver/tokens.ts";
import { hostAddresses } from "./instance/host-networks.ts";
import { kinds } from "./kinds/index.ts";
import type { IssueToken } from "./kubelet/parts.ts";
import type { Client } from "./machinery/client.ts";
import { ClientEventRecorder } from "./machinery/client-event-recorder.ts";
import { systemClock as clock } from "./machinery/clock.ts";
import type { InstancePaths } from "./machinery/instance-paths.ts";
import type { Logger } from "./machinery/log.ts";
import { kubernetesAddress, podGateway } from "./machinery/network-names.ts";
import type { ObjectKey } from "./machinery/object.ts";
import type { PodStreams } from "./machinery/pod-streams.ts";
import { pods, serviceAccounts } from "./machinery/resource.ts";
import { builtinSchemas, describedSchema } from "./machinery/schema/builtin-schemas.ts";
import type { ClusterSettings } from "./machinery/settings.ts";
import { StatusError } from "./machinery/status-error.ts";
import { Store } from "./store/store.ts";

export interface SkiffApi {
  store: Store;
  /** PEM of the cluster's certificate authority. */
  authority: string;
  /** Content of the administrator's kubeconfig. */
  kubeconfig: string;
  /** A token for a container, bound to its Pod. */
  issuePodToken: IssueToken;
  /** Assigns a Pod to a node, as the scheduler does. */
  bind(namespace: string, pod: string, uid: string, node: string): Promise<void>;
  /** A component's own client: its name in access checks, and in `metadata.managedFields`. */
  clientFor(user: string, fieldManager: string): Client;
  /** The listeners, not yet listening. */
  server(streams: PodStreams, routes: readonly ExtraRoute[]): Promise<ApiServer>;
}

export async function buildApi(settings: ClusterSettings, paths: InstancePaths, log: Logger): Promise<SkiffApi> {
  const addresses = ["127.0.0.1", ...hostAddresses(), kubernetesAddress(settings), podGateway(settings)];
  const certificates = ensureCertificates(
    paths.pki,
    serverNames(addresses, settings.clusterDomain, settings.nodeName),
    clock.now(),
  );
  const tokens = new TokenAuthority(loadTokenKey(paths.pki), settings.clusterDomain, () => clock.now());
  const store = new Store(paths.database);
  const parts: ApiParts = {
    store,
    registry: new Registry(kinds),
    schemas: builtinSchemas,
    clock,
    settings,
    issueToken: tokens.issue.bind(tokens),
  };
  const pipeline = new Pipeline(parts);
  const clientFor = (name: string, fieldManager: string): Client =>
    new InProcessClient(pipeline, parts, {
      user: { name, groups: ["system:masters", "system:authenticated"] },
      fieldManager,
    });
  const reader = clientFor("system:apiserver", "kube-apiserver");
  // Its Events go through the pipeline that reports them.
  parts.events = new ClientEventRecorder({ client: reader, clock, log, component: "apiserver" });
  const uidOf = (resource: "pods" | "serviceaccounts", key: ObjectKey): string | undefined =>
    (resource === "pods" ? reader.get(pods, key) : reader.get(serviceAccounts, key))?.metadata.uid;

  return {
    store,
    clientFor,
    issuePodToken: async ({ namespace, serviceAccount, pod, audiences, expirationSeconds }) => {
      const uid = uidOf("serviceaccounts", { namespace, name: serviceAccount });
      if (!uid) throw StatusError.notFound(serviceAccounts, serviceAccount);
      const claims = { namespace, serviceAccount: { name: serviceAccount, uid }, pod, ...(audiences && { audiences }) };
      return tokens.issue(claims, expirationSeconds);
    },
    bind: async (namespace, name, uid, node) => {
      const kind = pipeline.served("", "v1", "pods");
      if (!kind) throw StatusError.noSuchResource();
      const binding = { metadata: { namespace, name, uid }, target: { kind: "Node", name: node } };
      await pipeline.createSubresource(kind, { namespace, name }, "binding", binding, {
        user: { name: "system:kube-scheduler", groups: ["system:masters", "system:authenticated"] },
        fieldManager: "kube-scheduler",
        warn() {},
      });
    },
    authority: certificates.authority,
    kubeconfig: kubeconfig(settings.name, `https://127.0.0.1:${settings.apiPort}`, certificates),
    server: (streams, routes) => {
      const dependencies = { client: reader, streams, clock };
      return ApiServer.create({
        api: pipeline,
        certificates,
        verifyToken: (token) =>
          tokens.verify(token, (resource, namespace, { name, uid }) => uidOf(resource, { namespace, name }) === uid),
        schemas: describedSchema,
        connectors: {
          "pods/exec": execConnector(dependencies),
          "pods/attach": attachConnector(dependencies),
          "pods/log": logConnector(dependencies),
          "pods/portforward": portForwardConnector(dependencies),
          "pods/proxy": podProxyConnector(dependencies),
          "services/proxy": serviceProxyConnector(dependencies),
        },
        routes: [applyRoute({ api: pipeline, schemas: builtinSchemas, volumesDirectory: paths.volumes }), ...routes],
        now: () => clock.now(),
        log: log.child({ component: "apiserver" }),
      });
    },
  };
}
