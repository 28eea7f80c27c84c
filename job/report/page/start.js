// The last of the scripts: all that it needs is there.
start();
