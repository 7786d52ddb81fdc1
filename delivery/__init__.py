"""What comes before and after the code: a fork's own name; image, workflow and release, tried on this machine.

init           a fork gets its own name, where people see it
image          what is built, run without rights, restarted and stopped
rehearse       the steps of the workflow, with fakes for GitHub and Render
release        the versions and the changelog that follow from commits
commits        whether a commit's title says what kind of change it is
"""
