DROP TABLE workers;
DROP TABLE predictions;
