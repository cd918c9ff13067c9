// Which files of earlier builds stay in dist/.

/** So many different builds stay: a daemon that runs loads some of its parts only when they are needed. */
const keptBuilds = 3;

/**
 * @param {string[]} outputs files of this build. @param {string[][]} before those of the builds before, newest first.
 * @returns {string[][]} builds whose files stay, newest first.
 */
export function keptOutputs(outputs, before) {
  const build = [...outputs].sort();
  // Building the same again pushes nothing out.
  const others = before.filter((files) => files.join() !== build.join());
  return [build, ...others].slice(0, keptBuilds);
}
