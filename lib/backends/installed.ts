import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionalFolder } from '../paths';

/** The package that one of this repository's commands has installed (its file use.json); undefined without. */
export function installedPackage(set: 'tensorflow' | 'webgpu'): string | undefined {
  const folder = optionalFolder(set);
  const file = folder && join(folder, 'use.json');
  if (!file || !existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { package: string }).package;
}
