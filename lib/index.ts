// Everything that a lesson imports.
export { type BackendRow, backendsHere } from './backends/here';
export { type Backend, type BackendName, useBackend } from './backends/index';
export { type Augmentation, augmentImages, KERAS_AUGMENTATION } from './data/augment';
export { type Cifar10Options, loadCifar10 } from './data/cifar10';
export { type DatasetName, loadDataset } from './data/dataset';
export { loadEmoji10 } from './data/emoji10';
export { type Preprocess, preprocess } from './data/preprocess';
export type { Progress } from './data/progress';
export { holdOut, selectImages, takeImages } from './data/splits';
export type { Dataset, FeatureSplit, Source, Split } from './data/types';
export { DataError } from './errors';
export { runningSignal } from './interruption';
export { loadModel, saveModel } from './models/files';
export { freeze } from './models/freeze';
export { loadKerasWeights } from './models/keras/load';
export { saveKerasWeights } from './models/keras/save';
export { type ParameterRow, parameterTable } from './models/parameters';
export { loadPretrained, type PretrainedName } from './models/pretrained';
export { type ResnetLayerOptions, resnetLayer, resnetV1 } from './models/resnet';
export { type SplitModel, splitModel, withoutTop } from './models/split';
export { transferDense, transferFc2, transferGap } from './models/transfer';
export { type Vgg16Options, vgg16 } from './models/vgg16/index';
export { plotAugmentation } from './plots/augmentation';
export { plotConfusion } from './plots/confusion';
export { newDisplay, show, showImages, showProgress } from './plots/display';
export type { Figure } from './plots/figure';
export { type PlottedHistory, plotHistory, plotLosses } from './plots/history';
export { type ImageGridOptions, plotImages } from './plots/images';
export { liveHistory } from './plots/live';
export { plotFeatureMaps, plotFilters, plotGradCam } from './plots/maps';
export { plotNetwork } from './plots/network';
export { plotMistakes, plotPredictions } from './plots/predictions';
export { plotProgress, type TrainingProgress } from './plots/progress';
export { plotRuns } from './plots/runs';
export { plotSchedules } from './plots/schedules';
export { figureSvg } from './plots/svg';
export { plotTable } from './plots/table';
export { setRandomSeed } from './random';
export { tf } from './tf';
export { CSVLogger, type CSVLoggerOptions } from './training/callbacks/csv-logger';
export { EarlyStopping, type EarlyStoppingOptions } from './training/callbacks/early-stopping';
export { LearningRateScheduler } from './training/callbacks/learning-rate-scheduler';
export { ModelCheckpoint, type ModelCheckpointOptions } from './training/callbacks/model-checkpoint';
export type { MonitorOptions } from './training/callbacks/monitor';
export { type Run, recordRun } from './training/callbacks/record-run';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './training/callbacks/reduce-lr-on-plateau';
export { type ClassReport, type Evaluation, evaluate, type Mistake } from './training/evaluate';
export { type ExtractOptions, extractFeatures } from './training/extract';
export { featureMaps, gradCam } from './training/features';
export { type FitOptions, fit } from './training/fit';
export type { History } from './training/history';
export { adam, type SgdOptions, sgd } from './training/optimizers';
export { predict } from './training/predict';
export {
  type CosineDecayOptions,
  cosineDecay,
  lrSchedule,
  type OneCycleOptions,
  oneCycle,
  perEpoch,
  type Schedule,
} from './training/schedules';
