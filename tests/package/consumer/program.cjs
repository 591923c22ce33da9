const lab = require('resnet-lab');
const work = require('./common.cjs');

work(lab).then((result) => console.log(JSON.stringify({ ...result, file: require.resolve('resnet-lab') })));
