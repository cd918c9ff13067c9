/** The kubeconfig that lets kubectl in as the instance's administrator. Rule: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
import type { Certificates } from "./certificates.ts";

/** @param server its address: `https://127.0.0.1:6443`. @returns YAML. Cluster, user and context are all `skiff-<name>`. */
export function kubeconfig(name: string, server: string, { authority, admin }: Certificates): string {
  const entry = `skiff-${name}`;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${entry}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(authority)}
users:
- name: ${entry}
  user:
    client-certificate-data: ${base64(admin.certificate)}
    client-key-data: ${base64(admin.key)}
contexts:
- name: ${entry}
  context:
    cluster: ${entry}
    user: ${entry}
current-context: ${entry}
`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
