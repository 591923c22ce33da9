// A process of the kernel's process group, which Jupyter interrupts as a whole. It writes a byte for every interrupt,
// whatever the kernel's own threads are busy with. It ends with the kernel, whose end closes its input.
//
// Why a process: Node delivers a signal through the main thread's event loop only, and the one exception, `breakOnSigint`
// of node:vm in a worker thread, does not stand signals in quick succession (Node 22, 24 and 26 end with status 130).
process.on('SIGINT', () => process.stdout.write('!'));
process.stdin.on('end', () => process.exit(0)).resume();
