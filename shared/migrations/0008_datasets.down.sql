DROP TABLE dataset_imports;
DROP TABLE dataset_items;
DROP TABLE datasets;
