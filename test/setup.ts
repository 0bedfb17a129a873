import { afterEach, beforeEach, expect, vi } from "vitest";

// A library that prints in a test prints in production too, next to secrets: any console output fails the test.
const methods = ["log", "info", "warn", "error", "debug"] as const;

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method);
});

afterEach(() => {
  for (const method of methods) {
    expect(vi.mocked(console[method]), `console.${method} was called`).not.toHaveBeenCalled();
    vi.mocked(console[method]).mockRestore();
  }
});

// The official SDK sends every request through these, loopback included.
for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"]) delete process.env[name];
