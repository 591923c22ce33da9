const ts = require('@tslab/typescript-for-tslab');
const tslab = require('tslab/package.json');
const { PROTOCOL } = require('./message.js');

const kernelInfo = {
  protocol_version: PROTOCOL,
  implementation: 'tslab',
  implementation_version: tslab.version,
  language_info: {
    name: 'typescript',
    version: ts.version,
    mimetype: 'text/typescript',
    file_extension: '.ts',
    pygments_lexer: 'typescript',
    nbconvert_exporter: 'script',
    codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
  },
  banner: `TypeScript ${ts.version}, tslab ${tslab.version}`,
  help_links: [],
};

module.exports = { kernelInfo };
