// The module's exports: every kernel under its name.
export * from './convolution';
export * from './elementwise';
export * from './matrices';
export * from './normalization';
export * from './optimizers';
export * from './pooling';
export * from './winograd';
