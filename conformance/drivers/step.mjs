/**
 * Runs one step of a driver's exercise and prints `name: what came of it` on a line. An error is an outcome like any
 * other: through the gate it must be the same one.
 */
export async function step(name, work) {
  const outcome = await Promise.race([work(), late()]).catch(
    (error) => `error ${error.code ?? error.name}: ${error.message} ${error.detail ?? ''} ${error.position ?? ''}`,
  );
  process.stdout.write(`${name}: ${(JSON.stringify(outcome) ?? 'nothing').replaceAll('\n', ' ')}\n`);
}

const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in 60 s')), 60_000).unref());
