/** Runs before anything that an old Node could not even read. */
const NEEDED = [20, 19];

/** Ends the process with a sentence when this Node is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  console.error(
    `Scry needs Node ${NEEDED.join('.')} or newer, and this is ${process.versions.node}. ` +
      'Get one from https://nodejs.org or with your version manager ("nvm install").',
  );
  process.exit(1);
}
