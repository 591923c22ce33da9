/** What a file system refuses, for people. */
const FAULTS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is used up',
  EFBIG: 'the file is larger than the system allows',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
  ENOTSUP: 'no folder can be made there',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  ESTALE: 'the network file system has lost it',
  ETIMEDOUT: 'the disk does not answer',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
};

/** What the file system refused, in words; undefined when the error is of another kind. */
export function diskFault(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined ? FAULTS[code] : undefined;
}
