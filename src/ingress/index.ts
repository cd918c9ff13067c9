export { IngressController } from "./controller.ts";
export { everyAddress, IngressPorts } from "./ports.ts";
