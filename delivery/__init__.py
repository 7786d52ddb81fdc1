"""What comes after the code, tried on this machine: the image, the workflow and the release.

image          what is built, run without rights, restarted and stopped
rehearse       the steps of the workflow, with fakes for GitHub and Render
release        the versions and the changelog that follow from commits
commits        whether a commit's title says what kind of change it is
"""
