// A Vulkan driver without a GPU, for the tests of the backend 'webgpu': SwiftShader, which comes with Chromium.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/setup.mjs';

const FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];

/** Variables with which a process finds it, beside the drivers of the system; none where Chromium has no such driver. */
export function softwareVulkan() {
  const source = FOLDERS.find((folder) => existsSync(join(folder, 'libvk_swiftshader.so')));
  if (process.platform !== 'linux' || source === undefined) return {};
  const folder = join(ROOT, 'test-results', 'vulkan');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'swiftshader.json');
  const driver = { library_path: join(source, 'libvk_swiftshader.so'), api_version: '1.3.0' };
  writeFileSync(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD: driver }));
  // The loader, in a folder without Chromium's other libraries.
  symlinkSync(join(source, 'libvulkan.so.1'), join(folder, 'libvulkan.so.1'));
  const path = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { VK_ADD_DRIVER_FILES: manifest, LD_LIBRARY_PATH: path };
}
