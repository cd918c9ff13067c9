import { replicationControllers } from "../../machinery/resource.ts";
import { selectorFromMap } from "../../machinery/selector.ts";
import { replicaController } from "../replica-set/replica-controller.ts";

export const replicationManager = replicaController({
  name: "replication-controller",
  resource: replicationControllers,
  selector: (object) => selectorFromMap(object.spec?.selector ?? {}),
});
