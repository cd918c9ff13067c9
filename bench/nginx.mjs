// nginx in Pods, as what all ways to a Service are measured against.
import { podSpec } from "./measure.mjs";

/**
 * A Deployment of nginx that says its host's name at /hostname, and a Service in front of it. It keeps no access log: Docker
 * would write a line for every request, which costs three times what the request does, and hides what is measured.
 */
export function nginx(name, replicas = 1) {
  const server = 'server { listen 80; access_log off; location = /hostname { return 200 "$hostname\\n"; } }\n';
  const volumes = [{ name: "config", configMap: { name } }];
  const container = {
    command: ["nginx", "-g", "daemon off; error_log /dev/null;"],
    volumeMounts: [{ name: "config", mountPath: "/etc/nginx/conf.d" }],
  };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { "default.conf": server } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          // Variables for thousands of Services are more than a process may be started with.
          spec: { ...podSpec("nginx:1.27", container), volumes, enableServiceLinks: false },
        },
      },
    },
    { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
  ];
}
