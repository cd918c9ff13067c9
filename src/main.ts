/** The composition root: builds every component, starts them in order, stops them in reverse. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { pino } from "pino";
import { adminRoutes } from "./admin-routes.ts";
import { selfSigned } from "./apiserver/certificates.ts";
import { bootstrap, clusterServicesKeeper, type DnsBehind } from "./bootstrap.ts";
import { buildApi } from "./build-api.ts";
import { startControllerManager } from "./controller-manager/controller-manager.ts";
import { DnsServer, ResolvedLink } from "./dns/index.ts";
import { IngressController } from "./ingress/index.ts";
import { examine } from "./instance/doctor.ts";
import { takeHostLock } from "./instance/host-lock.ts";
import { removeFiles } from "./instance/instance-files.ts";
import { lockHolder, takeLock } from "./instance/lock.ts";
import { isPortFree } from "./instance/ports.ts";
import { readSettings } from "./instance/settings-file.ts";
import { kinds } from "./kinds/index.ts";
import { loadBalancerController } from "./kinds/service/load-balancer.ts";
import { DockerRuntime } from "./kubelet/docker/docker-runtime.ts";
import { engineFacts } from "./kubelet/docker/host-facts.ts";
import { Kubelet } from "./kubelet/kubelet.ts";
import { ClientEventRecorder } from "./machinery/client-event-recorder.ts";
import { systemClock as clock } from "./machinery/clock.ts";
import type { DaemonOptions, Finding, RunningDaemon, UpReport } from "./machinery/daemon.ts";
import { UserError } from "./machinery/daemon.ts";
import { type InstancePaths, instanceFlags, instancePaths } from "./machinery/instance-paths.ts";
import type { Logger } from "./machinery/log.ts";
import { podGateway, rangesOf } from "./machinery/network-names.ts";
import { joinTraffic } from "./machinery/traffic.ts";
import { openIngressPorts } from "./open-ingress-ports.ts";
import { chooseInstance, reachEngine, takenRanges } from "./preflight.ts";
import { cleanUpProxy, enableIpv6Forwarding, probeNftables, ServiceProxy } from "./proxy/index.ts";
import { removeInstance } from "./remove-instance.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { serviceRoutes } from "./service-routes.ts";

/** Undoes one step of the start. */
type Undo = (how: { keepPods: boolean }) => Promise<void> | void;

/**
 * Starts everything and resolves when the node is Ready.
 * @throws UserError when something on this machine stands in the way; then nothing is left running, and nothing of a
 * first start is left at all.
 */
export async function start(options: DaemonOptions): Promise<RunningDaemon> {
  const paths = instancePaths(options.name, options.dataDir);
  const log: Logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const undo: Undo[] = [];
  const stopAll: Undo = async (how) => {
    for (const step of undo.splice(0).reverse()) {
      try {
        await step(how);
      } catch (error) {
        log.error({ err: error }, "a part did not stop cleanly");
      }
    }
  };

  mkdirSync(paths.dataDir, { recursive: true, mode: 0o700 });
  const lock = takeLock(paths.pid);
  undo.push(() => lock[Symbol.dispose]());
  const firstStart = !existsSync(paths.settings);
  try {
    const starting = await takeHostLock();
    undo.push(() => starting[Symbol.dispose]());
    const { settings, engine, proxyModeReason } = await chooseInstance(options, paths);

    const registration = new ResolvedLink({ settings, log: log.child({ component: "dns" }) });
    const runtime = new DockerRuntime({
      settings,
      clock,
      log: log.child({ component: "docker" }),
      // Routes, switches and settings went with the bridge.
      onNetworkRestored: () => {
        void proxy.prepareHost();
        void registration.renew();
      },
    });
    const api = await buildApi(settings, paths, log);
    undo.push(() => api.store.close());
    const ingressPorts = await openIngressPorts(settings, api.clientFor("system:apiserver", "kube-apiserver"));
    undo.push(() => ingressPorts.close());
    // Before anybody can write a Service that would take them.
    settings.ingressPorts = { http: ingressPorts.http, https: ingressPorts.https };
    if (settings.ipv6) {
      await enableIpv6Forwarding().catch((error: unknown) => {
        log.warn({ err: error }, "IPv6 forwarding cannot be switched on");
      });
    }
    await runtime.prepare();

    const client = api.clientFor("system:kube-controller-manager", "kube-controller-manager");
    const proxy = new ServiceProxy({
      client: api.clientFor("system:kube-proxy", "kube-proxy"),
      settings,
      clock,
      log: log.child({ component: "proxy" }),
    });
    const ingressClient = api.clientFor("system:serviceaccount:kube-system:ingress", "ingress-controller");
    const ingress = new IngressController({
      client: ingressClient,
      events: new ClientEventRecorder({ client: ingressClient, clock, log, component: "ingress-controller" }),
      clock,
      log: log.child({ component: "ingress" }),
      ports: ingressPorts,
      nodeAddress: settings.nodeAddress,
      accessLog: paths.ingressLog,
      selfSigned: (host) => selfSigned(host, clock.now()),
    });
    // Who ends Pods, or counts them, waits for both.
    const traffic = joinTraffic(proxy, ingress.traffic);
    const kubeletClient = api.clientFor(`system:node:${settings.nodeName}`, "kubelet");
    const kubelet = new Kubelet({
      client: kubeletClient,
      runtime,
      events: new ClientEventRecorder({
        client: kubeletClient,
        clock,
        log,
        component: "kubelet",
        host: settings.nodeName,
      }),
      clock,
      log: log.child({ component: "kubelet" }),
      settings,
      traffic,
      issueToken: api.issuePodToken,
    });
    const report: UpReport = {
      pid: process.pid,
      apiServer: `https://127.0.0.1:${settings.apiPort}`,
      proxyMode: settings.proxyMode,
      ...(proxyModeReason && { proxyModeReason }),
      kubeconfig: paths.kubeconfig,
      context: `skiff-${settings.name}`,
      podCidr: rangesOf(settings, "podCidr"),
      serviceCidr: rangesOf(settings, "serviceCidr"),
      ingress: settings.ingressPorts,
    };

    let markStopped: () => void = () => {};
    const stopped = new Promise<void>((resolve) => {
      markStopped = resolve;
    });
    let stopping: Promise<void> | undefined;
    const stop: RunningDaemon["stop"] = (how) => {
      stopping ??= Promise.resolve(stopAll(how)).then(markStopped);
      return stopping;
    };

    const routes = [
      ...adminRoutes({ settings, paths, report, engine, store: api.store, client, stop }),
      ...serviceRoutes({ client, proxy, settings }),
    ];
    const server = await api.server(kubelet, routes);
    undo.push(() => server.close());
    await server.listen("127.0.0.1", settings.apiPort);
    // Network and port are taken for all to see: others may choose theirs.
    starting[Symbol.dispose]();
    await server.listenOnSocket(paths.socket);
    undo.push(() => rmSync(paths.socket, { force: true }));
    writeFileSync(paths.kubeconfig, api.kubeconfig, { mode: 0o600 });

    const dns = new DnsServer({
      client: api.clientFor("system:serviceaccount:kube-system:coredns", "coredns"),
      settings,
      clock,
      log: log.child({ component: "dns" }),
      registration,
    });
    await proxy.prepareHost();
    undo.push(async ({ keepPods }) => {
      await proxy.stop();
      // With its Pods gone a Service has nobody to send to: it is refused at once, not left to time out.
      if (!keepPods) await cleanUpProxy(settings);
    });
    // Names do not wait for the rules of thousands of Services, most of which are in force since the last run.
    let dnsBehind: DnsBehind;
    try {
      dnsBehind = await dns.start();
      undo.push(() => dns.stop());
    } finally {
      // Even if that fails: what is routed to the Pods' bridge by now is served, or refused, by rules.
      await proxy.start();
    }
    await bootstrap(client, settings, dnsBehind);
    await server.listen(podGateway(settings), settings.apiPort);
    ingress.start();
    undo.push(() => ingress.stop());

    const controllers = startControllerManager({
      client,
      clock,
      log: log.child({ component: "controller-manager" }),
      settings,
      traffic,
      kinds,
      rootCa: api.authority,
      others: [clusterServicesKeeper(settings, dnsBehind), loadBalancerController(isPortFree)],
    });
    undo.push(() => controllers.stop());
    const schedulerClient = api.clientFor("system:kube-scheduler", "kube-scheduler");
    const scheduler = new Scheduler({
      client: schedulerClient,
      events: new ClientEventRecorder({ client: schedulerClient, clock, log, component: "default-scheduler" }),
      clock,
      log: log.child({ component: "scheduler" }),
      bind: (namespace, pod, uid, node) => api.bind(namespace, pod, uid, node),
    });
    scheduler.start();
    undo.push(() => scheduler.stop());
    await kubelet.start();
    undo.push(({ keepPods }) => kubelet.stop({ stopPods: !keepPods }));

    log.info({ ...report }, "ready");
    return { report, stop, stopped };
  } catch (error) {
    await stopAll({ keepPods: true });
    if (firstStart) await forgetStart(options.name, paths, log);
    throw error;
  }
}

/** A first start that failed leaves nothing behind; before the settings are written nothing but files has been made. */
async function forgetStart(name: string, paths: InstancePaths, log: Logger): Promise<void> {
  try {
    if (existsSync(paths.settings)) await removeInstance(name, paths);
    else removeFiles(paths);
  } catch (error) {
    log.error(
      { err: error },
      `what this start has made could not be removed; to try again: skiff reset --yes${instanceFlags(name, paths.dataDir)}`,
    );
  }
}

/** Removes what carries the instance's label, whether or not it was stopped cleanly. */
export async function reset(options: DaemonOptions): Promise<string[]> {
  const paths = instancePaths(options.name, options.dataDir);
  const holder = lockHolder(paths.pid);
  if (holder !== undefined)
    throw new UserError(
      `The instance is running (pid ${holder}). Stop it first: skiff down${instanceFlags(options.name, paths.dataDir)}`,
    );
  await reachEngine();
  return removeInstance(options.name, paths);
}

export async function doctor(options: DaemonOptions): Promise<Finding[]> {
  const paths = instancePaths(options.name, options.dataDir);
  return examine(options, {
    docker: engineFacts,
    nftables: probeNftables,
    takenRanges: () => takenRanges(options),
    kept: () => readSettings(paths.settings),
    running: async () => lockHolder(paths.pid) !== undefined,
  });
}
