export { IngressController } from "./controller.ts";
export { IngressPorts } from "./ports.ts";
