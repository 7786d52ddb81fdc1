"""What comes before and after the code: a fork's own name; dependencies; image, workflows and releases, tried here.

init           a fork gets its own name, where people see it
image          what is built, run without rights, restarted and stopped
rehearse       the steps of the workflows, with fakes for what they talk to
rehearse_fork  what a fork does first, in a copy, and its tests
audit          known vulnerabilities of the dependencies
upgrade        newer Python packages, and a pull request with them
release        the versions and the changelog that follow from commits
commits        whether a commit's title says what kind of change it is
"""
