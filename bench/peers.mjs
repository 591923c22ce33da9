// Who is measured, and how each is started.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const peer = (file) => fileURLToPath(new URL(`peers/${file}`, import.meta.url));

/** With the threads that they choose by themselves, and on the processor unless GPUs are asked for. */
const environment = ({ gpu }) => ({ RESNET_THREADS: undefined, ...(gpu ? {} : { CUDA_VISIBLE_DEVICES: '-1' }) });

/**
 * What TensorFlow and PyTorch do by themselves on a processor with AVX2 and no more: smaller vectors, and TensorFlow
 * without oneDNN, which it turns on only where it finds AVX-512 VNNI or its successors.
 */
const AVX2 = {
  TF_ENABLE_ONEDNN_OPTS: '0',
  XLA_FLAGS: '--xla_cpu_max_isa=AVX2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  ATEN_CPU_CAPABILITY: 'avx2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
};

/** Packages of the Python peers, and how to make an environment of each. */
export const PYTHON = {
  keras: {
    modules: ['keras', 'tensorflow'],
    make: 'Keras: python3 -m venv ../keras-env && ../keras-env/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0, then --keras ../keras-env/bin/python',
  },
  torch: {
    modules: ['torch'],
    make: 'PyTorch: python3 -m venv ../torch-env && ../torch-env/bin/pip install torch==2.15.0 (5 GB), then --torch ../torch-env/bin/python',
  },
};

export function tfjsPeer(backend, options = {}, env = {}) {
  return {
    name: backend,
    group: 'TensorFlow.js',
    command: process.execPath,
    args: [peer('tfjs.mjs'), backend],
    env: { ...environment(options), ...env },
  };
}

/** The peers in Python whose interpreters are given. */
export function pythonPeers({ keras, torch, avx2, gpu }) {
  const env = { ...environment({ gpu }), ...(avx2 ? AVX2 : {}) };
  const peers = [];
  if (keras !== undefined) {
    const args = [peer('keras_peer.py')];
    peers.push({ name: 'Keras, jit off', group: 'Keras', command: keras, args: [...args, 'off'], env });
    peers.push({ name: 'Keras, jit on', group: 'Keras', command: keras, args: [...args, 'on'], env });
  }
  if (torch !== undefined) {
    peers.push({ name: 'PyTorch', group: 'PyTorch', command: torch, args: [peer('torch_peer.py')], env });
  }
  return peers;
}

/** Throws, with the fix, unless the interpreter that was given for `option` runs and has the packages. */
export function checkPython(option, python) {
  const { modules, make } = PYTHON[option];
  const code = 'import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])';
  const { status, error, stdout, stderr } = spawnSync(python, ['-c', code, ...modules], { encoding: 'utf8' });
  const wanted = `--${option} should be a Python interpreter with the packages ${modules.join(' and ')}, received '${python}'`;
  if (error) throw new Error(`${wanted}, which does not start (${error.message}). ${make}`);
  if (status !== 0)
    throw new Error(`${wanted}, which ended with ${status}: ${stderr.trim().split('\n').at(-1)}. ${make}`);
  if (stdout.trim() !== '') throw new Error(`${wanted}, which lacks ${stdout.trim()}. ${make}`);
}
