package file

// nonblock is not needed: pipes have no path in a folder.
const nonblock = 0
