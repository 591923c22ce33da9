/**
 * libhdf5 in WebAssembly, in its build for browsers: that sees a file system of its own in memory and nothing else.
 * Errors are thrown instead of printed.
 */
export async function loadLibrary() {
  const { ready, File } = await import('h5wasm'); // loaded by those alone who read or write such files
  const { FS, activate_throwing_error_handler } = await ready;
  activate_throwing_error_handler();
  return { File, FS };
}

type Library = Awaited<ReturnType<typeof loadLibrary>>;
export type File = InstanceType<Library['File']>;
export type Entity = NonNullable<ReturnType<File['get']>>;
export type Group = Extract<Entity, { keys: unknown }>;
export type Dataset = Extract<Entity, { slice: unknown }>;
