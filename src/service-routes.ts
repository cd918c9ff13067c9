/** Paths of the API server that explain Services: what `skiff proxy rules` and `skiff trace` ask. */
import type { Exchange, ExtraRoute } from "./apiserver/http/exchange.ts";
import { hostAddresses } from "./instance/host-networks.ts";
import { services } from "./machinery/resource.ts";
import { StatusError } from "./machinery/status-error.ts";
import { explain, type View, views } from "./proxy/index.ts";
import { type TraceParts, traceService } from "./trace-service.ts";

/**
 * `GET /skiff/proxy/rules?service=default/web&as=iptables` answers with text; without a service all are explained.
 * `GET /skiff/trace?service=default/web` answers with a {@link ServiceTrace}.
 */
export function serviceRoutes(parts: TraceParts): ExtraRoute[] {
  return [
    {
      method: "GET",
      path: "/skiff/proxy/rules",
      async handle({ request, response }) {
        const query = queryOf(request);
        response.setHeader("content-type", "text/plain; charset=utf-8");
        response.end(`${explained(parts, query.get("service"), viewOf(query.get("as")))}\n`);
      },
    },
    {
      method: "GET",
      path: "/skiff/trace",
      async handle({ request, response }) {
        const [namespace = "", name = ""] = (queryOf(request).get("service") ?? "").split("/");
        const trace = await traceService(parts, namespace, name);
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(trace));
      },
    },
  ];
}

function queryOf(request: Exchange["request"]): URLSearchParams {
  return new URL(request.url ?? "/", "http://skiff").searchParams;
}

function viewOf(text: string | null): View | undefined {
  if (text === null) return undefined;
  const view = views.find((known) => known === text);
  if (!view) throw StatusError.badRequest(`there is no view "${text}": known are ${views.join(", ")}`);
  return view;
}

function explained({ client, proxy, settings }: TraceParts, key: string | null, view: View | undefined): string {
  const wanted = key === null ? [...proxy.rules.keys()].sort() : [key];
  return wanted
    .map((each) => {
      const rules = proxy.rules.get(each);
      if (rules) return explain(each, rules, view, settings, hostAddresses());
      const [namespace = "", name = ""] = each.split("/");
      const service = client.get(services, { namespace, name });
      if (!service) throw StatusError.notFound(services, name);
      return `# Service ${each}\n# ${withoutRules(service.spec?.type, service.spec?.clusterIP)}`;
    })
    .join("\n\n");
}

function withoutRules(type: string | undefined, clusterIP: string | undefined): string {
  if (type === "ExternalName") return "It has no rules: it is another name in DNS.";
  if (clusterIP === "None") return "It has no rules: it is headless, and DNS answers with the addresses of its Pods.";
  return "It has no rules: this process itself answers at its address.";
}
