// A prebuilt JupyterLab extension, written by hand as the module-federation container that JupyterLab loads. It renders
// Plotly JSON with plotly.js beside it, and redraws in place when the output is updated.
(() => {
  const MIME_TYPE = 'application/vnd.plotly.v1+json';
  const folder = document.currentScript.src.replace(/[^/]*$/, '');
  let widgets;
  let plotly;

  /** plotly.js, loaded at the first figure. */
  function loadPlotly() {
    plotly ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = `${folder}plotly.js`;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error(`${script.src} could not be loaded; run npm run setup`));
      document.head.append(script);
    });
    return plotly;
  }

  function createRenderer() {
    const { Widget } = widgets;
    return new (class extends Widget {
      constructor() {
        super();
        this.node.dataset.mimeType = MIME_TYPE; // as JupyterLab marks its own
      }

      async renderModel(model) {
        const { data, layout } = model.data[MIME_TYPE];
        const Plotly = await loadPlotly();
        // Plotly writes into what it draws; the notebook's own copy must stay as it is.
        await Plotly.react(this.node, structuredClone(data), structuredClone(layout), { responsive: true });
        this.drawn = true;
        this.node.setAttribute('role', 'img');
        this.node.setAttribute('aria-label', model.data['text/plain'] ?? ''); // the figure in words
      }

      onResize() {
        if (this.drawn && this.isVisible) window.Plotly.Plots.resize(this.node);
      }

      dispose() {
        if (this.drawn) window.Plotly.purge(this.node);
        super.dispose();
      }
    })();
  }

  const extension = {
    id: 'resnet-lab-plotly:renderer',
    rendererFactory: { safe: true, mimeTypes: [MIME_TYPE], createRenderer },
    rank: 0,
    dataType: 'json',
    fileTypes: [],
  };

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB['resnet-lab-plotly'] = {
    async init(sharedScope) {
      const versions = sharedScope['@lumino/widgets'];
      const { get } = Object.values(versions)[0];
      widgets = (await get())();
    },
    async get() {
      return () => ({ __esModule: true, default: extension });
    },
  };
})();
