package Civic::Manual;

# The pages of docs/ as their readers take them: by the blocks that stand in
# fences, of which tests run the commands and build the code.
#
#     my $guide = Civic::Manual->new('plugin-guide.md');
#     my ($build) = $guide->texts(name => 'build');     # of ```sh build
#     my $script = $guide->shell;                       # of all ```sh
#     my $keyring = $guide->typed(qr/keyring init/);    # of that one
#
# What stands behind the language of a fence no reader sees:
#
#     ```sh              typed by the page's test, which is named below
#     ```sh restore      typed by the test that asks for it by that name
#     ```sh elsewhere    typed by none: it needs what no test has (a provider,
#                        Debian's archive, hours of a compiler)
#     ```console         what is typed stands behind "$ ", and what is said
#                        follows
#
# t/http/manual.t fails for a block that is none of these, so none is left out
# without a word.

use strict;
use warnings;

use Carp qw(croak);

use Civic::Process;

# Who types what stands in a page.
our %TYPED_BY = (
    'api-tour.md'       => 't/http/api_tour.t',
    (map { $_ => 't/http/manual.t' } qw(api.md face-auth.md
        kinship.md login.md sandbox.md)),
    (map { $_ => 't/http/operations.t' } qw(administration.md alipay.md
        civicctl.md exams.md operations.md photo-check.md plugin-guide.md
        rules.md tickets.md upstreams.md)),
);

# new(page of docs/, without => qr/a part of its text that is left out/)
sub new {
    my ($class, $page, %arg) = @_;
    my $path = Civic::Process::ROOT . "/docs/$page";

    open my $file, '<:utf8', $path or croak "$path: $!";
    my $text = do { local $/; <$file> };
    $text =~ s/$arg{without}// if $arg{without};
    my @blocks = _blocks($text);
    croak "$path: no block" if !@blocks;
    return bless { path => $path, blocks => \@blocks }, $class;
}

# Those of a text, also in lists and quotations.
sub _blocks {
    my ($text) = @_;
    my @blocks;

    while ($text =~ /^([ >]*)```(\w*) ?([^\n]*)\n(.*?)^\1```$/msg) {
        my ($margin, $language, $name, $inner) = ($1, $2, $3, $4);
        my $bare = $margin =~ s/ +$//r;

        $inner =~ s/^(?:\Q$margin\E|\Q$bare\E$)//mg;
        push @blocks, { language => $language, name => $name,
            text => $inner };
    }
    return @blocks;
}

# All pages that have blocks.
sub pages {
    my $docs = Civic::Process::ROOT . '/docs';

    return grep { eval { Civic::Manual->new($_) } }
        map { s{.*/}{}r } sort glob "$docs/*.md";
}

# All blocks, { language, name, text }, from top to bottom; or those that are
# so: blocks(language => 'c'), blocks(name => 'build').
sub blocks {
    my ($self, %wanted) = @_;

    return grep {
        my $block = $_;
        !grep { $block->{$_} ne $wanted{$_} } keys %wanted;
    } @{ $self->{blocks} };
}

# Their texts; there must be some.
sub texts {
    my ($self, %wanted) = @_;
    my @found = $self->blocks(%wanted);

    croak "$self->{path}: no block of @{[ %wanted ]}" if !@found;
    $_->{typed} = 1 for @found;
    return map { $_->{text} } @found;
}

# All that a reader types here, as one script; or what has that name.
sub shell {
    my ($self, $name) = @_;

    return join '', $self->texts(language => 'sh', name => $name)
        if defined $name;
    my @here = grep { $_->{name} ne 'elsewhere' }
        $self->blocks(language => 'sh');

    croak "$self->{path}: nothing to type" if !@here;
    $_->{typed} = 1 for @here;
    return join '', map { $_->{text} } @here;
}

# The block of commands that has this, or, where a page is in two languages,
# all of them.
sub typed {
    my ($self, $pattern) = @_;
    my @found = grep { $_->{text} =~ $pattern }
        $self->blocks(language => 'sh', name => '');

    croak "$self->{path}: no block has $pattern" if !@found;
    $_->{typed} = 1 for @found;
    return join '', map { $_->{text} } @found;
}

# The first lines of what the page's test has not typed yet.
sub untyped {
    my ($self) = @_;

    return map { $_->{text} =~ /\A(.*)/ } grep { !$_->{typed} }
        $self->blocks(language => 'sh', name => '');
}

# Its transcripts: ([ command, qr/what is said/ ], ...).  Numbers, and what
# "..." stands for, differ.
sub transcripts {
    my ($self) = @_;
    my @typed;

    for my $block ($self->blocks(language => 'console')) {
        while ($block->{text} =~ /^\$ ([^\n]*(?:\\\n[^\n]*)*)\n((?:(?!\$ )[^\n]*\n)*)/mg) {
            my ($command, $said) = ($1, quotemeta $2);

            $said =~ s/\\\.\\\.\\\./.*?/g;
            $said =~ s/\d+/\\d+/g;
            push @typed, [ $command, qr/\A$said\s*\z/ ];
        }
    }
    return @typed;
}

1;
