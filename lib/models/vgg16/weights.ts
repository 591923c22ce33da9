import { dirname, join } from 'node:path';
import type { Expectation } from '../../data/download';
import { fetchOnce, sha256From } from '../../data/fetch';
import { DataError, reason } from '../../errors';
import { diskFault } from '../../files/faults';
import { cacheFolder } from '../../paths';

/** Where Keras's applications/vgg16.py finds the weights, and the MD5 that it publishes of them. */
const FOLDER = 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16';
const TOP = {
  name: 'vgg16_weights_tf_dim_ordering_tf_kernels.h5',
  bytes: 553_467_096,
  md5: '64373286793e3c8b2b4e3219cbf3544b',
};
const NO_TOP = {
  name: 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
  bytes: 58_889_256,
  md5: '6d6bbae143d832006294945121d1f1fc',
};

/**
 * The official file of the weights that VGG16's authors trained on ImageNet, fetched at the first call and checked at each.
 *
 * @returns its path in the cache.
 * @throws DataError when it can't be had, or is another file.
 */
export async function imagenetWeights(includeTop: boolean, cacheDir = cacheFolder()): Promise<string> {
  const { name, bytes, md5 } = includeTop ? TOP : NO_TOP;
  const url = `${(process.env.VGG16_URL || FOLDER).replace(/\/+$/, '')}/${name}`;
  const sha256 = sha256From('VGG16_SHA256');
  const expected: Expectation = sha256 ? { sha256 } : { md5, bytes };
  const file = join(cacheDir, `vgg16-${sha256 ?? md5}.h5`);
  try {
    await fetchOnce(url, file, expected, 'VGG16');
    return file;
  } catch (error) {
    if (error instanceof DataError) {
      const check = process.env.VGG16_URL ? 'Check VGG16_URL and VGG16_SHA256' : 'Check the network';
      throw new DataError(
        `The ImageNet weights of VGG16 from ${url} could not be used: ${error.message}. ${check} and try again, or give weights the path of the file.`,
      );
    }
    const fault = diskFault(error);
    if (fault === undefined) throw error;
    throw new DataError(
      `The ImageNet weights of VGG16 could not be kept in ${dirname(file)}: ${fault} (${reason(error)}). Mend that or give vgg16 another cacheDir.`,
    );
  }
}
