import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * Runs in a child process: loads the modules named on the command line and reports what they export, one JSON line each on
 * descriptor 3. Loading a module runs its code, which the server's own process must never do.
 */
for (const entry of process.argv.slice(2)) writeSync(3, `${JSON.stringify(await inspect(entry))}\n`);
process.exit(0);

async function inspect(entry: string): Promise<object> {
  try {
    const module = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
    const skill = (module.default ?? module) as Record<string, unknown>;
    const metadata: unknown = JSON.parse(JSON.stringify(skill.metadata ?? null));
    return { entry, metadata, execute: typeof skill.execute, validate: typeof skill.validate };
  } catch (error) {
    if (!(error instanceof Error)) return { entry, loadError: { message: String(error) } };
    const { message, name, stack } = error;
    return { entry, loadError: { message, name, stack, code: 'code' in error ? String(error.code) : '' } };
  }
}
