/** The API of a small prediction service, as one would write it in an afternoon with Express, multer and BullMQ. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Queue } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import multer from 'multer';

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', UPLOADS = 'uploads' } = process.env;

mkdirSync(UPLOADS, { recursive: true });
const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue('predictions', { connection });
const upload = multer({
  storage: multer.diskStorage({
    destination: UPLOADS,
    filename: (_request, _file, done) => done(null, randomUUID()),
  }),
  limits: { fileSize: 16 * 1024 * 1024 },
});

const app = express();

app.post('/predictions', upload.single('image'), async (request, response) => {
  if (!request.file) return response.status(400).json({ error: 'image is missing' });
  const options = { removeOnComplete: { age: 3600 }, removeOnFail: { age: 3600 } };
  const job = await queue.add('predict', { file: request.file.path }, { jobId: randomUUID(), ...options });
  return response.status(202).json({ id: job.id, status: 'queued' });
});

app.get('/predictions/:id', async (request, response) => {
  const job = await queue.getJob(request.params.id);
  if (!job) return response.status(404).json({ error: 'no such prediction' });
  const status = await job.getState();
  return response.json({ id: job.id, status, result: job.returnvalue, error: job.failedReason });
});

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`);
});
