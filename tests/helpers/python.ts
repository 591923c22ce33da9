import { join } from 'node:path';

const [FOLDER, PROGRAM] = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/** The Python of one of the repository's environments. */
export const pythonOf = (environment: string) => join(__dirname, '..', '..', environment, FOLDER, PROGRAM);
