"""A fork's own name, dependency maintenance, and end-to-end tests of a fork and of the image.

init        give a fork its own name: `poe init`
audit       report known vulnerabilities of dependencies: `poe audit`
upgrade     upgrade dependencies, and open a pull request: `poe upgrade`
github      git, the GitHub CLI and annotations, for audit and upgrade
fork_test   make a fork by the documented steps and run its tests: `poe fork-test`
image_test  run the image under tight restrictions: `poe image-test`
"""
