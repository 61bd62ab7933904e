"""The demo shop Lindenblatt: prints and books from Leipzig. Its data, its pictures, their drawing."""
