import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** How often a folder may come and go while it is looked at; then its next change counts. */
const maxLooks = 20;

/** A directory that is there. */
interface Directory {
  readonly path: string;
  /** Tells it from another one of the same name, also where a file system gives a number again. */
  readonly identity: string;
}

/** Calls back after every change in a folder and below it, also of one that is made, moved away or replaced meanwhile. */
export class FolderWatch {
  readonly #folder: string;
  readonly #onChange: () => void;
  #watchers: readonly FSWatcher[] = [];
  /** What is watched: the folder, and the nearest one above it, where it or what is between them will appear and go. */
  #watched: readonly Directory[] = [];

  constructor(folder: string, onChange: () => void) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.#settle();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  /** Watches what is there, until nothing came between the look and the watch. Throws when the folder cannot be watched. */
  #settle(): void {
    for (let looks = 0; looks < maxLooks; looks++) {
      const wanted = directoriesFor(this.#folder);
      if (isSame(wanted, this.#watched)) return;
      this.close();
      this.#watched = wanted;
      this.#watchers = wanted.flatMap(({ path }) => this.#watch(path));
    }
  }

  #watch(path: string): readonly FSWatcher[] {
    const isFolder = path === this.#folder;
    const listener = (): void => {
      if (this.#watchers.includes(watcher)) this.#look(isFolder);
    };
    let watcher: FSWatcher;
    try {
      watcher = watch(path, { recursive: isFolder, persistent: false }, listener);
    } catch (error) {
      // One that has just gone is noticed by the next look; one above that may not be read cannot be helped.
      if (isFolder && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return [];
    }
    watcher.on('error', listener);
    return [watcher];
  }

  #look(wasFolder: boolean): void {
    const before = this.#watched;
    try {
      this.#settle();
    } catch {
      // Changes are not seen any more, as where the system has no watches left; what is there now still is.
    }
    const folderIn = (directories: readonly Directory[]): string | undefined =>
      directories.find(({ path }) => path === this.#folder)?.identity;
    if (wasFolder || folderIn(before) !== folderIn(this.#watched)) this.#onChange();
  }
}

/** The folder if it is there, and the nearest one above it. */
function directoriesFor(folder: string): readonly Directory[] {
  const own = directoryAt(folder);
  let above = dirname(folder);
  while (directoryAt(above) === null && above !== dirname(above)) above = dirname(above);
  return [own, directoryAt(above)].filter((directory) => directory !== null);
}

function directoryAt(path: string): Directory | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return null;
  return { path, identity: `${String(stats.ino)} ${String(stats.birthtimeMs)}` };
}

function isSame(a: readonly Directory[], b: readonly Directory[]): boolean {
  return a.length === b.length && a.every(({ path, identity }, i) => path === b[i]?.path && identity === b[i].identity);
}
