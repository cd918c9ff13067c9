/** `skiff proxy rules`. */
import { askDaemon, serviceParameter } from "./ask-daemon.ts";
import type { InstanceOptions } from "./instance-options.ts";

export interface ProxyRulesOptions extends InstanceOptions {
  namespace: string;
  as?: string;
}

/** @returns the exit code. @throws UserError when there is no such Service. */
export async function proxyRules(service: string | undefined, options: ProxyRulesOptions): Promise<number> {
  const query = [
    ...(service === undefined ? [] : [serviceParameter(service, options.namespace)]),
    ...(options.as === undefined ? [] : [`as=${options.as}`]),
  ];
  process.stdout.write(await askDaemon(options, `/skiff/proxy/rules?${query.join("&")}`));
  return 0;
}
