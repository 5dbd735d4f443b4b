/**
 * ONNX Runtime tells its makers how it is used (on Linux since 1.30), unless this is set before its library is loaded. What a
 * thread sets stays in that thread, so the process that makes the threads imports this as well as the module that loads it.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
