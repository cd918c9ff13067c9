/** Who may import whom (docs/architecture.md). Run by `npm run check`, which also fails when 0 modules were seen. */
const components = "store|apiserver|controller-manager|scheduler|kubelet|proxy|dns|ingress|compose|instance";
/** @param {string} from @param {string[]} to folders allowed besides its own and machinery */
const only = (from, to) => ({
  name: `${from}-imports`,
  severity: "error",
  from: { path: `^src/(${from})/` },
  to: {
    path: "^src/",
    pathNot: ["^src/machinery/", "^src/generated/", "^src/$1/", ...to.map((folder) => `^src/${folder}/`)],
  },
});
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "machinery-stands-alone",
      severity: "error",
      from: { path: "^src/machinery/" },
      to: { path: "^src/", pathNot: ["^src/machinery/", "^src/generated/"] },
    },
    only("store|controller-manager|scheduler|kubelet|proxy|dns|ingress|compose|instance", []),
    only("apiserver", ["store", "compose"]),
    only("kinds", []),
    only("cli|dashboard", []),
    {
      name: "only-main-composes",
      severity: "error",
      from: { path: `^src/(machinery|kinds|${components}|cli|dashboard)/` },
      to: { path: "^src/[^/]+\\.ts$" },
    },
    {
      name: "dockerode-lives-in-kubelet-docker",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/kubelet/docker/"] },
      to: { path: "node_modules/dockerode" },
    },
    {
      name: "not-to-test",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^test/|\\.test\\.ts$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
