import { replicaSets } from "../../machinery/resource.ts";
import { selectorFromObject } from "../../machinery/selector.ts";
import { replicaController } from "./replica-controller.ts";

export const replicaSetController = replicaController({
  name: "replicaset-controller",
  resource: replicaSets,
  selector: (object) => selectorFromObject(object.spec?.selector ?? {}),
});
