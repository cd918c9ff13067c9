/** Every kind that is served from the start, in the order in which discovery lists them. */
import type { KindDefinition } from "../machinery/kind.ts";
import { configMap } from "./config-map/index.ts";
import { controllerRevision } from "./controller-revision/index.ts";
import { deployment } from "./deployment/index.ts";
import { endpointSlice } from "./endpoint-slice/index.ts";
import { endpoints } from "./endpoints/index.ts";
import { event } from "./event/index.ts";
import { ingress } from "./ingress/index.ts";
import { ingressClass } from "./ingress-class/index.ts";
import { lease } from "./lease/index.ts";
import { namespace } from "./namespace/index.ts";
import { node } from "./node/index.ts";
import { pod } from "./pod/index.ts";
import { podTemplate } from "./pod-template/index.ts";
import { replicaSet } from "./replica-set/index.ts";
import { replicationController } from "./replication-controller/index.ts";
import { reviews } from "./reviews/index.ts";
import { secret } from "./secret/index.ts";
import { service } from "./service/index.ts";
import { serviceAccount } from "./service-account/index.ts";
import { statefulSet } from "./stateful-set/index.ts";

export const kinds: readonly KindDefinition[] = [
  configMap,
  endpoints,
  event,
  namespace,
  node,
  pod,
  podTemplate,
  replicationController,
  secret,
  serviceAccount,
  service,
  controllerRevision,
  deployment,
  replicaSet,
  statefulSet,
  ...reviews,
  lease,
  endpointSlice,
  ingress,
  ingressClass,
];
