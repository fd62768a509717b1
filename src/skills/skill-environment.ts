/**
 * All that a process which runs skill code gets to see of the environment: an allow-list, because any list of what to hide
 * would miss the next credential. `scratch` is its home and temporary directory.
 */
export function skillEnvironment(scratch: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    NODE_ENV: 'production',
  };
}
