// npm run data: fetches CIFAR-10 once, or says that it is there.
import { loadDataset } from 'resnet-lab';
import { main } from './main';

main(async () => {
  await loadDataset('cifar10');
});
