DROP TABLE maintenance_progress;
DROP TABLE file_removals;
